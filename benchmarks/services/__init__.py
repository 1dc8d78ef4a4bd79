"""WHAT is the gateway compared with? Services a competent team would write, on the same model and the same tables."""
