"""One process that serves page and API: its address, its gate, its engine on standby, its server."""
