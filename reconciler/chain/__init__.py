"""Who gets what: whether everybody whom a profile sends into enrollment is reached by the rest of the chain, and who
wins which profile. Pure; `symbolic` decides by targets alone, `people` counts with a census.
"""
