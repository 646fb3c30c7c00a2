"""Write what was simulated into the shop's database, column by column."""
