"""Accounts as people use them: signing up and in, second factors, sessions, invitations, and the mails about it."""
