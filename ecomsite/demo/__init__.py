"""The demo shop: a catalogue, its pictures and eighteen months of simulated trade."""
