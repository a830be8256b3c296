"""The problems that only accounts have: of the second factor, of addresses and employments, and of merging two."""

from typing import Final

from gateway.web.problem import Problem

ACCOUNTS: Final[dict[str, Problem]] = {
    "second-factor-required": Problem(
        403,
        "A code from your authenticator app is needed",
        "When you sign in, send “second_factor” with the code from our email: six digits that your authenticator app"
        " shows, or a recovery code. “digits” is 12 where wrong codes were tried: then send two codes in a row, one"
        " after the other. If you are signed in, your role does not count yet: set up an app at"
        " “/account/second-factor”, or sign in again if you have one.",
    ),
    "second-factor-wrong": Problem(
        403,
        "The code from your authenticator app is wrong",
        "It does not match, has been used, or is more than a minute old. Send the code that the app shows now. Where"
        " “digits” is 12, send two codes in a row: the one that the app shows, and the one that it shows next. If the"
        " codes never match, set the clock of your phone.",
    ),
    "second-factor-off": Problem(
        409,
        "There is no authenticator app to change",
        "An app has to be set up, and its first code confirmed, before it can be changed or removed.",
    ),
    "second-factor-not-begun": Problem(
        409,
        "No authenticator app is being set up",
        "It was confirmed already, was begun more than an hour ago, or was begun with another token. Begin again.",
    ),
    "identity-provider-away": Problem(
        503,
        "The identity provider is not answering",
        "We asked the provider that you want to sign in with, and got no answer that we can use. Use a code by email"
        " instead, or try again in a few minutes.",
    ),
    "identity-refused": Problem(
        403,
        "What the identity provider said was not accepted",
        "What the provider told us about you did not pass our checks, such as who it is for and when it was said. Start"
        " again, or use a code by email instead.",
    ),
    "identity-over": Problem(
        409,
        "Signing in has to start again",
        "Signing in with a provider works once, in the browser that began it, and for 10 minutes. Start again, or use a"
        " code by email instead.",
    ),
    "identity-without-address": Problem(
        403,
        "The identity provider has not checked an email address",
        "To make an account, we need an email address that the provider has checked is yours. Use a code by email"
        " instead. You can then add the provider on your account page.",
    ),
    "identity-unconfirmed": Problem(
        409,
        "There is an account with this address already",
        "Confirm that it is yours by the code that we email to it.",
    ),
    "identity-taken": Problem(
        409,
        "Another account signs in with this",
        "Someone can sign in to one account with one identity. Sign in to the other account, remove it from the ways to"
        " sign in, then add it here.",
    ),
    "primary-address": Problem(
        409,
        "Our emails go to this address",
        "The address that emails go to cannot be removed. Have them go to another one of the account first.",
    ),
    "address-fixed": Problem(
        409,
        "This address cannot be changed yet",
        "It came with an account that was merged into this one. It stays as it is while the merge can be undone: until"
        " the time in “until”.",
    ),
    "address-has-account": Problem(
        409,
        "This address has an account of its own",
        "The code was right, and you have shown that the address is yours, but there is another account with it. Merge"
        " the two accounts: both addresses are then yours. The code is used up.",
    ),
    "present-employment": Problem(
        409,
        "This is the present place of work",
        "It has no last day, and cannot be removed. Add where the person works now: the one before it then ends on the"
        " first day of that one.",
    ),
    "nothing-proven": Problem(
        409,
        "No other account was shown to be yours",
        "Ask for a code with the address of your other account, and send it back. What was shown counts for 30 minutes,"
        " and for one merge.",
    ),
    "merge-changed": Problem(
        409,
        "Something changed since it was shown",
        "A merge, or undoing one, is done as it was shown and not otherwise. Read again what it means, and send the"
        " “version” of that.",
    ),
    "merge-refused": Problem(
        409,
        "These accounts cannot be merged now",
        "The detail says why: they are one already, the other is made of two itself, an address of one was changed less"
        " than 7 days ago, or a role would go over without its owner showing that both are theirs.",
    ),
    "import-over": Problem(
        409,
        "The import cannot be undone any more",
        "It was undone already, or it is more than 30 days old.",
    ),
    "merge-over": Problem(
        409,
        "The merge cannot be undone any more",
        "It was undone already, or it is more than 30 days old.",
    ),
    "too-many-tries": Problem(
        429,
        "Too many wrong codes",
        "Five wrong codes from an authenticator app were tried for this account in 15 minutes. Wait until Retry-After"
        " seconds have passed. The owner of the account is told when someone tries wrong codes.",
    ),
}
