"""The parsers of the commands, by argparse."""
