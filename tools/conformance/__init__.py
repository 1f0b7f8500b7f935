"""Run the OCI runtime validation suite against anocir, runc and crun in lab VMs.

    python3 -m tools.conformance             build the suite, run it, write docs/conformance.md
    python3 -m tools.conformance delete ...  run these programs alone, and print what they say
    python3 -m tools.conformance --page      write the page again from the results that are here

The suite is what `go.mod` here pins. Results are kept in the cache by everything that they depend
on, so a second run costs only what has changed. Exit status: 0; 1 when a program fails
with anocir and `reasons.toml` doesn't say why, or says why of one that passes; 2 when something is
missing.
"""
