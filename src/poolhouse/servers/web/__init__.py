"""The pages a person sees: server-rendered, usable without JavaScript."""
