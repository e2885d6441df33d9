//! How long to wait before the next attempt.

use core::time::Duration;

use super::SessionConfig;

/// Exponential backoff with full jitter.
///
/// The n-th attempt in a row waits a random time up to `initial · 2ⁿ`, at most `max`: clients that
/// lost their server together do not return together.
#[derive(Debug, Clone)]
pub(super) struct Backoff {
    attempts: u32,
    random: SplitMix64,
}

/// No wait is shorter, so that a deadline always lies after the moment that set it.
const SHORTEST: Duration = Duration::from_millis(1);

impl Backoff {
    pub(super) const fn new(seed: u64) -> Self {
        Self { attempts: 0, random: SplitMix64(seed) }
    }

    /// The connection has proved itself: the next fault is the first again.
    pub(super) const fn reset(&mut self) {
        self.attempts = 0;
    }

    /// Failed attempts in a row.
    pub(super) const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Counts a failed attempt and says how long to wait. A server that asks for a pause gets it,
    /// with the jitter behind it.
    pub(super) fn next(&mut self, config: &SessionConfig, asked_for: Option<Duration>) -> Duration {
        let ceiling = config
            .backoff_initial
            .saturating_mul(2u32.saturating_pow(self.attempts))
            .min(config.backoff_max);
        self.attempts = self.attempts.saturating_add(1);
        let jitter = self.random.up_to(ceiling).max(SHORTEST);
        asked_for.unwrap_or_default().min(config.longest_retry_after).saturating_add(jitter)
    }
}

/// Steele, Lea and Flood's generator: one addition and a mix, enough for jitter.
#[derive(Debug, Clone)]
struct SplitMix64(u64);

impl SplitMix64 {
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn up_to(&mut self, ceiling: Duration) -> Duration {
        let nanos = u64::try_from(ceiling.as_nanos()).unwrap_or(u64::MAX);
        let scaled = (u128::from(self.next()) * u128::from(nanos)) >> 64;
        Duration::from_nanos(u64::try_from(scaled).unwrap_or(nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_ceiling() {
        let config = SessionConfig::default();
        let ceilings = [1, 2, 4, 8, 16, 30, 30, 30];
        for seed in 0..200 {
            let mut backoff = Backoff::new(seed);
            for ceiling in ceilings {
                let wait = backoff.next(&config, None);
                assert!(wait <= Duration::from_secs(ceiling) && wait >= SHORTEST, "{wait:?}");
            }
            backoff.reset();
            assert!(backoff.next(&config, None) <= Duration::from_secs(1));
        }
    }

    /// The generator is the published one, so what is known of its quality holds: these are the first
    /// numbers that the published algorithm gives for this seed.
    #[test]
    fn the_generator_is_split_mix_64() {
        let mut random = SplitMix64(1_234_567);
        for expected in [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ] {
            assert_eq!(random.next(), expected);
        }
    }

    #[test]
    fn jitter_fills_the_whole_range() {
        let config = SessionConfig::default();
        let mut tenths = [0; 10];
        for seed in 0..10_000 {
            let wait = Backoff::new(seed).next(&config, None);
            tenths[(wait.as_millis() / 100).min(9) as usize] += 1;
        }
        assert!(tenths.iter().all(|&n| (800..1200).contains(&n)), "{tenths:?}");
    }

    #[test]
    fn a_server_that_asks_for_a_pause_gets_it() {
        let config = SessionConfig::default();
        let asked = Duration::from_secs(7);
        let wait = Backoff::new(1).next(&config, Some(asked));
        assert!(wait > asked && wait <= asked + Duration::from_secs(1));
        let wait = Backoff::new(1).next(&config, Some(Duration::MAX));
        assert!(wait <= config.longest_retry_after + Duration::from_secs(1));
    }

    #[test]
    fn endless_attempts_do_not_overflow() {
        let config = SessionConfig { backoff_max: Duration::MAX, ..SessionConfig::default() };
        let mut backoff = Backoff { attempts: u32::MAX, ..Backoff::new(3) };
        backoff.next(&config, Some(Duration::MAX));
    }
}
