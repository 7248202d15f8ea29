"""The web station for staff: pages, HTTP API, live updates, in three languages, with nothing from outside."""
