//! What a hash tells, what the decoy tells, and that a full queue refuses.

use super::*;

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

#[tokio::test]
async fn compares_the_whole_password_and_tells_old_parameters() {
    let hasher = Hasher::start(19_456, 2, 1).unwrap();
    let password = "p".repeat(100);
    let hash = hasher.hash(&secret(&password)).await.unwrap();
    assert!(
        hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{hash}"
    );
    let found = hasher
        .compare(hasher.place().unwrap(), &secret(&password), Some(&hash))
        .await
        .unwrap();
    assert_eq!(
        found,
        Comparison {
            matches: true,
            outdated: false
        }
    );
    for other in [
        &password[..72],
        &password[..99],
        &password.to_uppercase(),
        &format!("{password} "),
    ] {
        assert!(
            !hasher
                .compare(hasher.place().unwrap(), &secret(other), Some(&hash))
                .await
                .unwrap()
                .matches
        );
    }
    let newer = Hasher::start(12_288, 3, 1).unwrap();
    let found = newer
        .compare(newer.place().unwrap(), &secret(&password), Some(&hash))
        .await
        .unwrap();
    assert_eq!(
        found,
        Comparison {
            matches: true,
            outdated: true
        }
    );
}

#[tokio::test]
async fn nobody_matches_the_decoy_and_no_foreign_hash_is_read() {
    let hasher = Hasher::start(19_456, 2, 1).unwrap();
    assert!(
        !hasher
            .compare(hasher.place().unwrap(), &secret("x"), None)
            .await
            .unwrap()
            .matches
    );
    for hash in [
        "",
        "$2y$10$abc",
        "$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
    ] {
        assert!(
            matches!(
                hasher
                    .compare(hasher.place().unwrap(), &secret("x"), Some(hash))
                    .await,
                Err(Error::Unreadable)
            ),
            "{hash}"
        );
    }
    let dear = "$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHRzYWx0c2Fs$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g";
    assert!(matches!(
        hasher
            .compare(hasher.place().unwrap(), &secret("x"), Some(dear))
            .await,
        Err(Error::Unreadable)
    ));
}

#[tokio::test]
async fn what_is_guessed_first_is_known() {
    let hasher = Hasher::start(19_456, 2, 1).unwrap();
    let judge = async |text: &str| {
        hasher
            .is_guessable(&secret(text), vec!["ana".to_owned()])
            .await
            .unwrap()
    };
    for good in [
        "correct horse battery staple",
        "830159274616385",
        "meadow pilot canyon",
    ] {
        assert!(!judge(good).await, "{good}");
    }
    for bad in [
        "passwordpassword",
        "aaaaaaaaaaaaaaaaaaaa",
        "123456789012345",
        "qwertyuiopasdfgh",
        "anaanaanaanaana",
    ] {
        assert!(judge(bad).await, "{bad}");
    }
    // What costs a judge of the whole password seconds of a core; only its beginning is looked at.
    assert!(!judge(&"4@8({[<369&#!1/|0$5+7%2".repeat(12)).await);
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_keeps_a_place_for_the_panel() {
    let hasher = Hasher::start(19_456, 2, 1).unwrap();
    let (password, cores) = (secret("p"), thread::available_parallelism().unwrap().get());
    let places: Vec<_> = (0..200)
        .map_while(|_| hasher.place_for_app().ok())
        .collect();
    assert_eq!(places.len(), cores * PLACES_PER_CORE);
    let compared = places
        .into_iter()
        .map(|place| hasher.compare(place, &password, None));
    let mut waiting: Vec<_> = compared.map(Box::pin).collect();
    for sign_in in &mut waiting {
        let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(sign_in.as_mut().poll(cx)));
        assert!(polled.await.is_pending());
    }
    // A hash may be through by now; not all.
    let free = (0..200).map_while(|_| hasher.place_for_app().ok()).count();
    assert!(free < cores * PLACES_PER_CORE, "{free}");
    assert!(hasher.hash(&password).await.is_ok());
    for sign_in in waiting {
        assert!(!sign_in.await.unwrap().matches);
    }
    assert_eq!(hasher.places.available_permits(), cores * PLACES_PER_CORE);
    assert_eq!(hasher.kept.available_permits(), cores * KEPT_PER_CORE);
}
