"""What every service answers to other services and to those who keep it running, whoever calls."""

OF_THE_BUS = frozenset(
    {"health", "parked", "retry_parked", "drop_parked", "published", "publish_again", "announce_again", "forget_told"}
)
