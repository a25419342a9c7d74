"""What an attacker would try: foreign links, secrets in outputs, hostile names and files, more rights than needed."""
