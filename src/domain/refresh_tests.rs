//! Every edge of the state machine, a line each.

use std::sync::LazyLock;

use chrono::TimeDelta;
use uuid::Uuid;

use super::*;
use crate::{
    db::refresh_tokens::Holder,
    ids::{DeviceId, GrantId, UserId},
};

const GRACES: Graces = Graces {
    bearer: Duration::from_secs(30),
    bound: Duration::from_hours(24),
};
static CLIENT: LazyLock<ClientId> = LazyLock::new(ClientId::first_party);
const CURRENT: [u8; 32] = [5; 32];

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

/// A grant in good standing at generation 5, rotated `seconds` ago.
fn rotated(seconds: i64) -> Standing {
    let created_at = now() - TimeDelta::days(1);
    Standing {
        holder: Holder {
            grant: GrantId(Uuid::from_u128(1)),
            user_id: UserId(Uuid::from_u128(2)),
            username: "ana".to_owned(),
            roles: vec![],
            device_id: DeviceId(Uuid::from_u128(3)),
            client_id: ClientId::first_party(),
            audiences: vec![],
            scope: "read write".to_owned(),
            created_at,
            expires_at: now() + TimeDelta::days(1),
            absolute_expires_at: now() + TimeDelta::days(1),
            key_thumbprint: None,
            status_index: None,
        },
        generation: 5,
        secret_hash: CURRENT.to_vec(),
        rotated_at: Some(now() - TimeDelta::seconds(seconds)),
        successor_sealed: Some(vec![0]),
        key_since: None,
        ended: false,
        token_disabled: false,
        device_disabled: false,
        user_disabled: false,
        client_disabled: false,
    }
}

fn with(change: impl FnOnce(&mut Standing)) -> Standing {
    let mut standing = rotated(10);
    change(&mut standing);
    standing
}

fn presented(generation: i32) -> Presented<'static> {
    Presented {
        generation,
        secret_hash: if generation == 5 { CURRENT } else { [9; 32] },
        client: &CLIENT,
        username: None,
        scope: None,
        key: None,
    }
}

#[test]
fn the_generation_tells_replay_from_reuse() {
    let cases = [
        ("predecessor, 29 s ago", rotated(29), 4, Verdict::Replay),
        ("predecessor, 30 s ago", rotated(30), 4, Verdict::Reused),
        (
            "two generations old, 1 s ago",
            rotated(1),
            3,
            Verdict::Reused,
        ),
        ("the very first", rotated(1), 0, Verdict::Reused),
        ("the current one", rotated(1), 5, Verdict::TryAgain),
        ("ahead of the row", rotated(1), 6, Verdict::FromTheFuture),
        (
            "the last generation there can be",
            rotated(1),
            i32::MAX,
            Verdict::FromTheFuture,
        ),
        (
            "nothing sealed",
            with(|s| s.successor_sealed = None),
            4,
            Verdict::Reused,
        ),
        (
            "never rotated",
            with(|s| s.rotated_at = None),
            4,
            Verdict::Reused,
        ),
    ];
    for (name, standing, generation, expected) in cases {
        assert_eq!(
            verdict(&standing, &presented(generation), GRACES, now()),
            expected,
            "{name}"
        );
    }
}

#[test]
fn without_a_grace_every_predecessor_is_reuse() {
    let none = Graces {
        bearer: Duration::ZERO,
        bound: Duration::ZERO,
    };
    assert_eq!(
        verdict(&rotated(0), &presented(4), none, now()),
        Verdict::Reused
    );
}

#[test]
fn a_row_of_another_history_ends_nothing() {
    let other = Presented {
        secret_hash: [7; 32],
        ..presented(5)
    };
    assert_eq!(
        verdict(&rotated(1), &other, GRACES, now()),
        Verdict::FromTheFuture
    );
}

/// Each adds one fault to all before it; the answer is always the gravest.
#[test]
fn the_gravest_reason_is_told_for_the_current_token_and_for_a_replay() {
    let mut standing = rotated(10);
    let wrong_user = |generation| Presented {
        username: Some("ben"),
        scope: Some("admin"),
        ..presented(generation)
    };
    let told =
        |standing: &Standing, generation| verdict(standing, &wrong_user(generation), GRACES, now());
    let mut expect = |change: fn(&mut Standing), refusal| {
        change(&mut standing);
        for generation in [5, 4] {
            assert_eq!(
                told(&standing, generation),
                Verdict::Refused(refusal),
                "generation {generation}"
            );
        }
    };
    expect(|_| {}, Refusal::WrongUser);
    expect(|s| s.holder.expires_at = now(), Refusal::TokenExpired);
    expect(|s| s.client_disabled = true, Refusal::ClientDisabled);
    expect(|s| s.user_disabled = true, Refusal::UserDisabled);
    expect(|s| s.device_disabled = true, Refusal::DeviceDisabled);
    expect(|s| s.token_disabled = true, Refusal::TokenDisabled);
    // Reuse goes before all of these, and an end before reuse.
    assert_eq!(told(&standing, 3), Verdict::Reused);
    standing.ended = true;
    for generation in [5, 4, 3, 0] {
        assert_eq!(
            told(&standing, generation),
            Verdict::Refused(Refusal::TokenEnded)
        );
    }
}

#[test]
fn the_right_name_is_no_hindrance() {
    let named = Presented {
        username: Some("ana"),
        ..presented(4)
    };
    assert_eq!(verdict(&rotated(1), &named, GRACES, now()), Verdict::Replay);
    let nobody = Presented {
        username: Some(""),
        ..presented(4)
    };
    assert_eq!(
        verdict(&rotated(1), &nobody, GRACES, now()),
        Verdict::Refused(Refusal::WrongUser)
    );
}

#[test]
fn a_scope_that_was_granted_is_no_hindrance_and_another_is() {
    for (scopes, expected) in [
        ("read", Verdict::Replay),
        ("write read", Verdict::Replay),
        ("read admin", Verdict::Refused(Refusal::ScopeNotGranted)),
    ] {
        let asked = Presented {
            scope: Some(scopes),
            ..presented(4)
        };
        assert_eq!(
            verdict(&rotated(1), &asked, GRACES, now()),
            expected,
            "{scopes:?}"
        );
    }
}

/// The current token may have come to a wrong client by mistake, and its own goes on. A replaced
/// one may not be had by two.
#[test]
fn a_token_of_another_client_is_not_used_up_and_a_replaced_one_ends_the_grant() {
    let other: ClientId = "other".parse().unwrap();
    let by_other = |generation| Presented {
        client: &other,
        ..presented(generation)
    };
    let told = |generation| verdict(&rotated(1), &by_other(generation), GRACES, now());
    assert_eq!(told(5), Verdict::Refused(Refusal::WrongClient));
    assert_eq!(told(4), Verdict::Reused);
    assert_eq!(told(3), Verdict::Reused);
    assert_eq!(told(6), Verdict::FromTheFuture);
}

/// Bound at its sign-in, or since generation 5: what comes by its key, by another and by none.
#[test]
fn a_bound_token_is_nothing_without_its_key_and_is_given_again_for_a_day_with_it() {
    let [own, other] = ["a", "b"].map(|key| Thumbprint::from(key.repeat(43)));
    let bound = |since, seconds| {
        let mut standing = rotated(seconds);
        standing.holder.key_thumbprint = Some(own.clone());
        standing.key_since = Some(since);
        standing
    };
    let told = |since, seconds, generation, key| {
        let presented = Presented {
            key,
            ..presented(generation)
        };
        verdict(&bound(since, seconds), &presented, GRACES, now())
    };
    let wrong = Verdict::Refused(Refusal::WrongKey);
    for key in [None, Some(&other)] {
        for (seconds, generation) in [(1, 5), (1, 4), (31, 4), (1, 3), (1, 0)] {
            assert_eq!(told(0, seconds, generation, key), wrong, "{generation}");
        }
        // The predecessor had no key: who has it now is not who bound the grant.
        assert_eq!(told(5, 1, 5, key), wrong);
        assert_eq!(told(5, 1, 4, key), Verdict::Reused);
        assert_eq!(told(0, 1, 6, key), Verdict::FromTheFuture);
    }
    for since in [0, 5] {
        assert_eq!(told(since, 1, 5, Some(&own)), Verdict::TryAgain);
        assert_eq!(told(since, 86_399, 4, Some(&own)), Verdict::Replay);
        assert_eq!(told(since, 86_400, 4, Some(&own)), Verdict::Reused);
        assert_eq!(told(since, 1, 3, Some(&own)), Verdict::Reused);
    }
    // A key that nobody asks for changes nothing.
    let unasked = Presented {
        key: Some(&own),
        ..presented(4)
    };
    assert_eq!(
        verdict(&rotated(31), &unasked, GRACES, now()),
        Verdict::Reused
    );
}
