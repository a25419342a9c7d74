"""`import`: the specs of a tenant, by cases, by laws, and for every tenant that the kinds have cases of."""
