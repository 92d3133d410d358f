package io.karu.models;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceSession;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelCard;
import io.karu.api.model.ModelLease;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * An opened version: in use by its publisher until {@link #retire}, and by every open lease. When
 * nobody uses it any more it is handed to be closed, once.
 */
final class Publication {
    private final Digest digest;
    private final ModelCard card;
    private final InferenceEngine engine;
    private final InferenceSession session;
    private final long addedBytes;
    private final Consumer<Publication> unused;
    private final AtomicInteger uses = new AtomicInteger(1);
    private final AtomicBoolean retired = new AtomicBoolean();

    /**
     * A verified session.
     *
     * @param addedBytes by how much resident memory grew meanwhile
     */
    record Opened(InferenceEngine engine, InferenceSession session, long addedBytes) {}

    /**
     * @param unused takes this publication when nobody uses it any more
     */
    Publication(Digest digest, ModelCard card, Opened opened, Consumer<Publication> unused) {
        this.digest = digest;
        this.card = card;
        this.engine = opened.engine();
        this.session = opened.session();
        this.addedBytes = opened.addedBytes();
        this.unused = unused;
    }

    Digest digest() {
        return digest;
    }

    /** The engine on which it is open. */
    InferenceEngine engine() {
        return engine;
    }

    InferenceSession session() {
        return session;
    }

    /** A lease, or null when the publication has been retired and its last lease closed. */
    ModelLease lease() {
        for (int seen = uses.get(); seen > 0; seen = uses.get()) {
            if (uses.compareAndSet(seen, seen + 1)) {
                return new Lease();
            }
        }
        return null;
    }

    /** Ends the publisher's own use. */
    void retire() {
        if (retired.compareAndSet(false, true)) {
            release();
        }
    }

    /** Whether no lease is open while it is published. */
    boolean idle() {
        return uses.get() <= 1;
    }

    boolean finished() {
        return uses.get() == 0;
    }

    private void release() {
        if (uses.decrementAndGet() == 0) {
            unused.accept(this);
        }
    }

    private final class Lease implements ModelLease {
        private boolean closed;

        @Override
        public Digest digest() {
            return digest;
        }

        @Override
        public ModelCard card() {
            return card;
        }

        @Override
        public InferenceSession session() {
            return session;
        }

        @Override
        public long addedBytes() {
            return addedBytes;
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                release();
            }
        }
    }
}
