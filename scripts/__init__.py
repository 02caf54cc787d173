"""Scripts for `ape run`. ape imports each of them to list them: keep their top level light."""
