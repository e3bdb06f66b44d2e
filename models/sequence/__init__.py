"""Networks for sequences: recurrent ones, attention, transformers, taggers, translators and word vectors."""
