"""The priority ladder: which `setPriority` calls bring enrollment profiles into a declared order.

Live enrollment profiles carry integer priorities and the smallest number wins. Microsoft Graph's resource page says
"Priority, 0 is highest"; its page of `setPriority` does not say what becomes of the other profiles. So the plan is
made for the most plausible answer (the profile is inserted at that place and those between move by one), and `apply`
reads the ladder again after every call, learns what the service really does, and changes its ways where needed.

The plan of `EnrollmentPriority` calls `solve.solve`; its apply drives a `climb.Climb`. Pure and synchronous, without
input or output. Its modules are imported one by one: `validate` needs no more than `model`.
"""
