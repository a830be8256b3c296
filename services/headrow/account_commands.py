"""What the command does with accounts: tokens, roles, second factors, and the first of the team."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session as OrmSession

from services.headrow.data_folder import read_clock
from services.headrow.databases import database
from services.headrow.errors import CannotRun
from services.registration.accounts import people, roles, second_factor, tokens, welcome
from services.registration.audit import chain, recording
from services.registration.schemas import SignIn
from services.runtime import clock, schemas
from services.runtime.settings import Settings


def token(settings: Settings, given: Namespace) -> None:
    """Print a bearer token of an account, which is made if it is new."""
    email = schemas.load(SignIn(), {"email": given.email})["email"]
    read_clock(settings)
    with accounts(settings) as db:
        person = people.ensure_account(db, email, clock.now())
        if given.role:
            roles.give(db, person, given.role, clock.now())
        printed, _ = tokens.issue(db, person, clock.now())
        recording.record_of(db, recording.COMMAND, recording.TOKEN_MADE, person, clock.now())
        db.flush()
    print(printed)


def role(settings: Settings, given: Namespace) -> None:
    """Give a role to an account, which is made if it is new; or take it, which signs the person out everywhere."""
    email = schemas.load(SignIn(), {"email": given.email})["email"]
    read_clock(settings)
    with accounts(settings) as db:
        if given.give:
            roles.give(db, people.ensure_account(db, email, clock.now()), given.give, clock.now())
        else:
            roles.take_from(db, email, given.take, clock.now())
    print(f"{email}: {f'{given.give} from now on' if given.give else f'no longer {given.take}, and signed out'}")


def remove_second_factor(settings: Settings, given: Namespace) -> None:
    """Remove the second factor of an account, and sign the person out, so that they can set up another one."""
    email = schemas.load(SignIn(), {"email": given.email})["email"]
    read_clock(settings)
    with accounts(settings) as db:
        second_factor.remove_for(db, email, clock.now())
    print(f"{email}: no second factor any more, and signed out")


def welcome_first(settings: Settings, given: Namespace) -> None:
    """Print an address at which the first team member comes in; one that was printed before no longer works."""
    read_clock(settings)
    invited = invitation(settings)
    if invited is None:
        raise CannotRun("there is a team member already, who can add others at /team/colleagues")
    print(invited)


def invitation(settings: Settings) -> str | None:
    """Return the line with the address of the first team member; None where there is a team."""
    with database(settings, "registration") as transactions:
        token = transactions.run(lambda db: welcome.invite(db, clock.now()))
    return f"First team member: {settings.public_url}/welcome/{token}" if token else None


@contextmanager
def accounts(settings: Settings) -> Iterator[OrmSession]:
    """Open the accounts for a command, and put what is recorded of it into the chain: no service may be running."""
    with database(settings, "registration") as transactions:
        with transactions.begin() as db:
            yield db
        key = chain.Key(settings.with_secret_key().secret_key)
        transactions.run(lambda db: chain.extend(db, key))
