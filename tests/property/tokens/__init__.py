"""A machine of holders: one token with its vault and compliance, beside the model."""
