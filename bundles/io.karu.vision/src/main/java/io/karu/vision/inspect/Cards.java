package io.karu.vision.inspect;

import io.karu.api.inference.TensorInfo;
import io.karu.api.model.ModelCard;
import io.karu.vision.Image;
import java.util.List;

/** What inspectors ask of a card, with errors that name it. */
final class Cards {
    private Cards() {}

    static String name(ModelCard card) {
        return "model " + card.name() + " " + card.version();
    }

    static void requireTask(ModelCard card, ModelCard.Task task) {
        if (card.task() != task) {
            throw new IllegalArgumentException(
                    name(card) + " is of task " + card.task() + ", not " + task);
        }
    }

    static boolean hasInput(ModelCard card, String name) {
        return card.inputs().stream().anyMatch(tensor -> tensor.name().equals(name));
    }

    static TensorInfo input(ModelCard card, String name) {
        return card.inputs().stream()
                .filter(tensor -> tensor.name().equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        name(card) + " has no input named " + name));
    }

    /** The shape for one frame: open dimensions take one image and the frame's own size. */
    static List<Long> closed(TensorInfo input, int width, int height) {
        if (input.shape().size() != 4) {
            throw new IllegalArgumentException(
                    "input " + input.name() + " has shape " + input.shape() + ", not [N,C,H,W]");
        }
        long rows = input.shape().get(2);
        long columns = input.shape().get(3);
        return List.of(
                1L, input.shape().get(1), rows < 0 ? height : rows, columns < 0 ? width : columns);
    }

    static void requireSize(Image given, String what, int width, int height) {
        if (given.width() != width || given.height() != height) {
            throw new IllegalArgumentException(
                    what
                            + " is "
                            + given.width()
                            + "x"
                            + given.height()
                            + ", expected "
                            + width
                            + "x"
                            + height);
        }
    }
}
