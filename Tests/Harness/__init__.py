"""What all test harnesses stand on: environments for peers, processes that end, rows that are printed."""
