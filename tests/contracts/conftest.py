from hypothesis import settings

# A machine under load is slow, not wrong.
settings.register_profile("without-deadline", deadline=None)
settings.load_profile("without-deadline")
