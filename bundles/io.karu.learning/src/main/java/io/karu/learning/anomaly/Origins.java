package io.karu.learning.anomaly;

import io.karu.learning.anomaly.PatchMemory.Left;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Of which good part, and of which image of it, each remembered patch is. */
final class Origins {
    private final int[] parts;
    private final int[] shots;
    private final Map<String, Integer> numbers;

    private Origins(int[] parts, int[] shots, Map<String, Integer> numbers) {
        this.parts = parts;
        this.shots = shots;
        this.numbers = numbers;
    }

    /** Number of the part or image of each row. */
    int[] groups(Left left) {
        return left == Left.PART ? parts : shots;
    }

    /** Number that a part or image has there; −1 when it was not learned from. */
    int number(Left left, GoodPart part) {
        return numbers.getOrDefault(left == Left.PART ? piece(part) : shot(part), -1);
    }

    private static String piece(GoodPart part) {
        return part.product() + '\n' + part.part();
    }

    private static String shot(GoodPart part) {
        return piece(part) + '\n' + part.shot();
    }

    /** Collects the origins of the vectors of which a bank is chosen. */
    static final class Builder {
        private final List<int[]> origins = new ArrayList<>();
        private final Map<String, Integer> numbers = new HashMap<>();

        /** All vectors collected since the part before, up to {@code count}, are of this one. */
        void add(GoodPart part, int count) {
            int[] numbered = {number(piece(part)), number(shot(part))};
            while (origins.size() < count) {
                origins.add(numbered);
            }
        }

        Origins of(MemoryBank bank) {
            int[] parts = new int[bank.count()];
            int[] shots = new int[bank.count()];
            for (int row = 0; row < parts.length; row++) {
                parts[row] = origins.get(bank.origin(row))[0];
                shots[row] = origins.get(bank.origin(row))[1];
            }
            return new Origins(parts, shots, numbers);
        }

        private int number(String key) {
            return numbers.computeIfAbsent(key, absent -> numbers.size());
        }
    }
}
