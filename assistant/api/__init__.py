"""The HTTP door: routes, the documents they give, and problems told as RFC 9457 says."""
