package io.karu.bench.station;

import io.karu.api.inference.InferenceSession;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelCard;
import io.karu.api.model.ModelLease;
import io.karu.api.model.ModelRef;
import io.karu.api.model.ModelStatus;
import io.karu.api.model.Models;
import io.karu.modelversion.ModelVersionFolder;
import java.util.List;

/** One model version that is always the champion. */
record FixedModel(ModelVersionFolder version, InferenceSession session) implements Models {
    @Override
    public ModelLease lease(ModelRef ref) {
        return new ModelLease() {
            @Override
            public Digest digest() {
                return version.digest();
            }

            @Override
            public ModelCard card() {
                return version.card();
            }

            @Override
            public InferenceSession session() {
                return session;
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public List<ModelStatus> status() {
        return List.of();
    }

    @Override
    public void activate(String name, String alias, Digest digest) {
        throw new UnsupportedOperationException("a fixed model");
    }

    @Override
    public Digest rollback(String name, String alias) {
        throw new UnsupportedOperationException("a fixed model");
    }
}
