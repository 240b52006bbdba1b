"""What the server remembers: tables, transactions, migrations. SQLite, or PostgreSQL by URL."""
