package io.karu.gateway.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class TokenBucketTest {

    @Test
    void oneTokenPerIntervalAfterTheBurst() {
        TokenBucket bucket = new TokenBucket(100, 2, 0);
        assertTrue(bucket.take(0));
        assertTrue(bucket.take(0));
        assertFalse(bucket.take(99));
        assertEquals(1, bucket.nanosToNext(99));
        assertTrue(bucket.take(100));
        assertFalse(bucket.take(150));
    }

    @Test
    void aLongPauseSavesNoMoreThanTheBurst() {
        TokenBucket bucket = new TokenBucket(100, 1, 0);
        assertTrue(bucket.take(10_000));
        assertFalse(bucket.take(10_000));
    }
}
