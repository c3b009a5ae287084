"""Drives `ouzel sim` with gnippy, a client that knows nothing of it.

What gnippy needs to know it takes from its own settings in the environment: GNIPPY_URL, GNIPPY_RULES_URL,
GNIPPY_AUTH_USERNAME and GNIPPY_AUTH_PASSWORD; and requests, which it sends with, takes the certificate to trust from
REQUESTS_CA_BUNDLE.
"""

import json
import os
import queue
import warnings

# gnippy calls methods of threads by names that are old and still work.
warnings.simplefilter("ignore", DeprecationWarning)

from gnippy import PowerTrackClient, errors, rules

TWEETS = 25
# Each Tweet may take as long; a machine that is busy is no failure.
PATIENCE_SECS = 30


def main():
    assert rules.get_rules() == [], "the simulator has just been started"

    rules.add_rule("coffee OR #coffee", tag="gnippy")
    rules.add_rules([rules.build("lang:en has:hashtags"), rules.build("music", tag="m")])
    # A rule that exists is reported, and no error.
    rules.add_rule("music", tag="other")
    try:
        rules.add_rule("fish AND bird")
        raise AssertionError("an invalid rule was added")
    except errors.RuleAddFailedException as refused:
        assert "422" in str(refused) and "Ambiguous use of and as a keyword" in str(refused), refused
    listed = rules.get_rules()
    assert [(rule["value"], rule["tag"]) for rule in listed] == [
        ("coffee OR #coffee", "gnippy"),
        ("lang:en has:hashtags", None),
        ("music", "m"),
    ], listed
    assert all(rule["id_str"] == str(rule["id"]) for rule in listed), listed

    known = {rule["id"]: rule for rule in listed}
    seen = read(backfill_minutes=None, count=TWEETS)
    check(seen, known)
    # What was delivered a moment ago comes again.
    again = read(backfill_minutes=1, count=TWEETS)
    check(again, known)
    assert again[0]["id"] == seen[0]["id"], "backfill begins with the first Tweet"

    # gnippy passes rules on as it has got them, ids and all.
    rules.delete_rule(listed[0])
    rules.delete_rules(listed[1:])
    assert rules.get_rules() == []
    refuses_a_wrong_password()
    print(f"gnippy: {len(seen)} Tweets, {len(again)} with backfill")


def read(backfill_minutes, count):
    """The first so many Tweets of a connection."""
    lines, failures = queue.Queue(), queue.Queue()
    client = PowerTrackClient(lines.put, exception_callback=failures.put)
    client.connect(backfill_minutes=backfill_minutes)
    try:
        tweets = [json.loads(lines.get(timeout=PATIENCE_SECS)) for _ in range(count)]
    except queue.Empty:
        raise AssertionError(f"no Tweet in time: {list(failures.queue)}") from None
    client.disconnect()
    assert failures.empty(), failures.get()
    return tweets


def check(tweets, known):
    """Each Tweet is one that matched, and says which rules it matched."""
    for tweet in tweets:
        assert tweet["id_str"] == str(tweet["id"]), tweet
        assert tweet["text"] and tweet["user"]["screen_name"], tweet
        assert tweet["matching_rules"], tweet
        for rule in tweet["matching_rules"]:
            assert rule == {key: known[rule["id"]][key] for key in ("tag", "id", "id_str")}, rule
    ids = [tweet["id"] for tweet in tweets]
    assert len(set(ids)) == len(ids), ids


def refuses_a_wrong_password():
    wrong = (os.environ["GNIPPY_AUTH_USERNAME"], "wrong")
    try:
        rules.get_rules(auth=wrong)
        raise AssertionError("a wrong password was taken")
    except errors.RulesGetFailedException as refused:
        assert "401" in str(refused), refused
    failures = queue.Queue()
    client = PowerTrackClient(print, exception_callback=failures.put, auth=wrong)
    client.connect()
    failure = failures.get(timeout=PATIENCE_SECS)
    assert "401" in str(failure[1]), failure


main()
