"""Facts + Signature -> Plan: decisions, no code."""
