"""`make sabotage`: break every rule, every shape and every pass in turn, and require that the tests notice.

A mutant is one entry of a table, swapped inside this process: a VJP rule that gives zero, the negative or the double,
takes its inputs the other way round, or has lost a term or factor of its formula; a shape rule that gives another shape
or dtype; a pass that does nothing or changes what is computed. Each is run against the tests of its own row or pass
first, in the fast profile, and what survives those against the rest.

    mutants  how one entry is broken
    suite    test functions with their parameters, called without pytest
    __main__ the command: baseline, mutants, report
"""
