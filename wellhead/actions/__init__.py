"""What a person can do, apart from how it is asked for and shown: the command line and the ape
scripts share these functions. Amounts and times are the chain's integers."""
