"""`python -m assistant.rules`: prove the flowcharts and print the certificate; exit 1 with disagreements."""

import sys

from assistant.rules.proof import prove

if __name__ == "__main__":
    certificate = prove()
    sys.stdout.write(certificate.report() + "\n")
    sys.exit(not certificate.holds)
