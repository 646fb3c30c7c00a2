"""Campaigns: whom they are for, how they run, what is sent and shown, and what came of it."""
