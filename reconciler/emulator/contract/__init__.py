"""What Microsoft says Graph looks like: `contract.json`, read from the published SDK, and a validator over it."""
