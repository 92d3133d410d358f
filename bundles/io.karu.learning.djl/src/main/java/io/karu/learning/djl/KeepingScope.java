package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDArray;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * A scope that closes the arrays made in it, and keeps the Java memory that they borrow until the
 * outermost one of the thread is closed.
 *
 * <p>DJL makes an array from Java values without copying them: the tensor points into a direct
 * buffer that only the array holds. {@code x.mul(2)} makes such an array of the number and closes
 * it at once, while PyTorch still needs the tensor for the gradient. When the garbage collector
 * runs before the gradient does, the factor is whatever has taken its place in memory.
 */
final class KeepingScope extends NDScope {
    private static final ThreadLocal<List<ByteBuffer>> KEPT = new ThreadLocal<>();
    private static final Field RESOURCES = field(NDScope.class, "resources");
    private static final Field BORROWED = field(PtNDArray.class, "dataRef");

    private final boolean outermost;

    private KeepingScope(boolean outermost) {
        this.outermost = outermost;
        List<ByteBuffer> kept = KEPT.get();
        if (kept != null) {
            set(RESOURCES, this, new Resources(kept));
        }
        suppressNotUsedWarning();
    }

    /** A scope that keeps what is borrowed in it, and in those inside it, until it is closed. */
    static KeepingScope open() {
        boolean outermost = KEPT.get() == null;
        if (outermost) {
            KEPT.set(new ArrayList<>());
        }
        return new KeepingScope(outermost);
    }

    /** A scope inside another: keeps if that does. */
    static KeepingScope inner() {
        return new KeepingScope(false);
    }

    @Override
    public void close() {
        super.close();
        if (outermost) {
            KEPT.remove();
        }
    }

    /** What a scope will close; looks at each array as it is registered. */
    private static final class Resources extends IdentityHashMap<NDArray, NDArray> {
        private static final long serialVersionUID = 1;
        private final transient List<ByteBuffer> kept;

        Resources(List<ByteBuffer> kept) {
            this.kept = kept;
        }

        @Override
        public NDArray put(NDArray array, NDArray same) {
            if (array instanceof PtNDArray
                    && valueOf(BORROWED, array) instanceof ByteBuffer buffer) {
                kept.add(buffer);
            }
            return super.put(array, same);
        }
    }

    private static Field field(Class<?> type, String name) {
        try {
            Field field = type.getDeclaredField(name);
            field.setAccessible(true);
            return field;
        } catch (NoSuchFieldException e) {
            throw new IllegalStateException("another DJL than Karu was built with", e);
        }
    }

    private static Object valueOf(Field field, Object object) {
        try {
            return field.get(object);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void set(Field field, Object object, Object value) {
        try {
            field.set(object, value);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
