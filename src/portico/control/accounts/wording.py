"""What forms say when they are not filled in as they have to be, in place of allauth's words."""

from __future__ import annotations

_WRONG = "Name and password do not fit together. Correct them, or reset the password."

ACCOUNT_ERRORS = {
    "account_inactive": "This account is not active. Ask an administrator of this server.",
    "duplicate_email": "This is the address of your account already.",
    "email_password_mismatch": _WRONG,
    "username_password_mismatch": _WRONG,
    "email_taken": "This address belongs to another account.",
    "enter_current_password": "This is not your password.",
    "incorrect_code": "This code is not right, or no longer. Type the one that is shown now.",
    "incorrect_password": "This is not your password.",
    "invalid_password_reset": "The link is not good any more. Ask for another one.",
    "too_many_login_attempts": "Too many attempts. Wait five minutes, then try again.",
    "username_taken": "This name is taken. Choose another one.",
    "rate_limited": "Too many requests. Wait a minute, then try again.",
}
PROVIDER_ERRORS = {
    "no_password": "Set a password first, or you could not sign in any more.",
    "disconnect_last": "It is the only way to sign in that you have. Set a password first.",
    "connected_other": "That account is connected to another person here.",
}
FACTOR_ERRORS = {
    "incorrect_code": "This code is not right, or no longer. Type the one that is shown now.",
    "cannot_delete_authenticator": "Two-factor sign-in is required of you on this server.",
    "cannot_generate_recovery_codes": "Set up an authenticator app or a passkey first.",
}
