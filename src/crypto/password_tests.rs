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
        .compare(&secret(&password), Some(&hash))
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
                .compare(&secret(other), Some(&hash))
                .await
                .unwrap()
                .matches
        );
    }
    let newer = Hasher::start(12_288, 3, 1).unwrap();
    let found = newer
        .compare(&secret(&password), Some(&hash))
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
    assert!(!hasher.compare(&secret("x"), None).await.unwrap().matches);
    for hash in [
        "",
        "$2y$10$abc",
        "$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
    ] {
        assert!(
            matches!(
                hasher.compare(&secret("x"), Some(hash)).await,
                Err(Error::Unreadable)
            ),
            "{hash}"
        );
    }
    let dear = "$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHRzYWx0c2Fs$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g";
    assert!(matches!(
        hasher.compare(&secret("x"), Some(dear)).await,
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
async fn a_full_queue_refuses_at_once() {
    let hasher = Hasher::start(19_456, 2, 1).unwrap();
    let password = secret("p");
    let mut waiting: Vec<_> = (0..200).map(|_| Box::pin(hasher.hash(&password))).collect();
    let mut overloaded = 0;
    for hash in &mut waiting {
        let polled =
            std::future::poll_fn(|cx| std::task::Poll::Ready(hash.as_mut().poll(cx))).await;
        if matches!(polled, std::task::Poll::Ready(Err(Error::Overloaded))) {
            overloaded += 1;
        }
    }
    assert!(overloaded > 100, "{overloaded}");
}
