"""The wall sent over SRT, as the side that calls (draft-sharabayko-srt-01, live mode): lost packets are sent again."""
