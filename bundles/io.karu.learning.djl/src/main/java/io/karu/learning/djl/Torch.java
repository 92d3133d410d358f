package io.karu.learning.djl;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;

/** The PyTorch engine of DJL. */
final class Torch {
    private Torch() {}

    /**
     * A manager of its own. DJL finds engine and natives through the thread's context class loader,
     * and only at the first call: it is set to this class's own for it.
     */
    static NDManager manager() {
        return Loaded.ENGINE.newBaseManager();
    }

    static Engine engine() {
        return Loaded.ENGINE;
    }

    private static final class Loaded {
        private static final Engine ENGINE = load();

        private static Engine load() {
            Thread thread = Thread.currentThread();
            ClassLoader before = thread.getContextClassLoader();
            thread.setContextClassLoader(Torch.class.getClassLoader());
            try {
                Engine engine = Engine.getEngine("PyTorch");
                engine.newBaseManager().close();
                return engine;
            } finally {
                thread.setContextClassLoader(before);
            }
        }
    }
}
