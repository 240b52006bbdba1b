"""What the commands in scripts/ do. Standard library only: it runs before anything is installed."""
