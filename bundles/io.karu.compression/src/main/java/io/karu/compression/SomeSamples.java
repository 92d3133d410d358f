package io.karu.compression;

import io.karu.api.inference.Binding;
import java.util.List;
import java.util.Map;

/**
 * At most so many of the samples, spread evenly.
 *
 * @param most how many
 */
record SomeSamples(Samples all, int most) implements Samples {
    @Override
    public int size() {
        return Math.min(most, all.size());
    }

    @Override
    public Map<String, List<Long>> shapes() {
        return all.shapes();
    }

    @Override
    public Map<String, List<Long>> shapes(int index) {
        return all.shapes(of(index));
    }

    @Override
    public void write(int index, Binding binding) {
        all.write(of(index), binding);
    }

    private int of(int index) {
        return (int) ((long) index * all.size() / size());
    }
}
