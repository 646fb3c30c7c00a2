"""How the shop writes numbers, dates and times, where Django writes them otherwise."""
