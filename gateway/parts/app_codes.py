"""Fields for a code of an authenticator app, or a recovery code: what was typed, and what is wrong with it."""

from typing import Final

from gateway.projection.call import Call
from gateway.web.pages.forms import typed
from services.runtime.refusals import Invalid, Refusal

REQUIRED: Final = "second-factor-required"
WRONG: Final = "second-factor-wrong"
TOO_MANY: Final = "too-many-tries"
REFUSED: Final = {REQUIRED: 403, WRONG: 403, TOO_MANY: 429}  # refusals that are told at the field
LONG: Final = 12  # digits of two codes in a row

ENTER: Final = "Enter the 6-digit code that your app shows"
ENTER_TWO: Final = "Enter the 2 codes that your app shows one after the other, 12 digits in all"
ENTER_RECOVERY: Final = "Enter a recovery code, like abcd-efgh-2345-wxyz"
IS_WRONG: Final = "That code is wrong or was used already. Enter the code that your app shows now"
TWO_ARE_WRONG: Final = "Those codes are wrong or were used already. Enter 2 codes that your app shows in a row"
RECOVERY_IS_WRONG: Final = "That recovery code is wrong or was used already"
WAIT: Final = "Too many wrong codes. Wait {minutes} and try again"


def typed_codes(call: Call) -> dict[str, str]:
    """Return what was typed: `app_code`, or else `recovery_code`; and `digits`, how many are asked for."""
    said = {name: text.strip() for name, text in typed(call, "app_code", "recovery_code", "digits").items()}
    return {**said, "digits": "12" if said["digits"] == "12" else "6"}


def code_of(call: Call) -> str | None:
    """Return the code that was given; None where there is none."""
    said = typed_codes(call)
    return said["recovery_code"] or said["app_code"] or None


def given(call: Call) -> dict[str, str]:
    """Return the code as registration takes it."""
    return {"code": code_of(call) or ""}


def status(refusal: Refusal) -> int:
    """Return the status of the page that tells it."""
    return 422 if refusal.code == Invalid.code else REFUSED[refusal.code]


def digits_after(call: Call, refusal: Refusal) -> int:
    """Return how many digits are asked for from now on."""
    return int(refusal.facts.get("digits", typed_codes(call)["digits"]))


def errors(call: Call, refusal: Refusal) -> dict[str, str]:
    """Return what is wrong, by the field that was filled in. Raises the refusal where it is no fault of a code."""
    if refusal.code != Invalid.code and refusal.code not in REFUSED:
        raise refusal
    said, two = typed_codes(call), digits_after(call, refusal) == LONG
    is_recovery, is_one = bool(said["recovery_code"]), len("".join(said["app_code"].split())) < LONG
    if refusal.code == TOO_MANY:
        minutes = -(-int(refusal.facts["retry_after"]) // 60)
        words = WAIT.format(minutes=f"{minutes} minutes" if minutes > 1 else "a minute")
    elif refusal.code == WRONG:
        words = RECOVERY_IS_WRONG if is_recovery else IS_WRONG if not two else ENTER_TWO if is_one else TWO_ARE_WRONG
    else:
        words = ENTER_RECOVERY if is_recovery else ENTER_TWO if two else ENTER
    return {"recovery_code" if is_recovery else "app_code": words}
