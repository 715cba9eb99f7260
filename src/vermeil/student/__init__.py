"""The network: encoding, training, prediction."""
