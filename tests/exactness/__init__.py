"""The contract of compiled code, subject by subject, by hand-written cases."""
