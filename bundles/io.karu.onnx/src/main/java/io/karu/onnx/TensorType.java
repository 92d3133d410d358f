package io.karu.onnx;

import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.onnx.proto.TensorShapeProto;
import io.karu.onnx.proto.TypeProto;
import io.karu.onnx.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What is known of a value: its name, element type and shape.
 *
 * @param name the value's name in the graph
 * @param type element type, {@link DataType#UNDEFINED} when not known
 * @param shape its shape, {@link Shape#UNRANKED} when not known
 */
public record TensorType(String name, DataType type, Shape shape) {
    public TensorType {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(shape, "shape");
    }

    /** The same type under another name. */
    public TensorType named(String other) {
        return new TensorType(other, type, shape);
    }

    static TensorType of(ValueInfoProto info) {
        TypeProto.Tensor tensor = info.getType().getTensorType();
        DataType type = DataType.forNumber(tensor.getElemType());
        return new TensorType(
                info.getName(),
                type == null ? DataType.UNDEFINED : type,
                tensor.hasShape() ? shape(info.getName(), tensor.getShape()) : Shape.UNRANKED);
    }

    private static Shape shape(String name, TensorShapeProto proto) {
        List<Dimension> dimensions = new ArrayList<>(proto.getDimCount());
        for (TensorShapeProto.Dimension dimension : proto.getDimList()) {
            if (!dimension.hasDimValue()) {
                dimensions.add(Dimension.open(dimension.getDimParam()));
            } else if (dimension.getDimValue() < 0) {
                // Exporters write −1 for an open dimension.
                dimensions.add(Dimension.UNKNOWN);
            } else {
                dimensions.add(Dimension.of(dimension.getDimValue()));
            }
        }
        return Shape.of(dimensions);
    }

    ValueInfoProto toProto() {
        ValueInfoProto.Builder info = ValueInfoProto.newBuilder().setName(name);
        if (type == DataType.UNDEFINED) {
            return info.build();
        }
        TypeProto.Tensor.Builder tensor =
                TypeProto.Tensor.newBuilder().setElemType(type.getNumber());
        if (shape.isRanked()) {
            TensorShapeProto.Builder proto = TensorShapeProto.newBuilder();
            for (Dimension dimension : shape.dimensions()) {
                TensorShapeProto.Dimension.Builder one = proto.addDimBuilder();
                if (!dimension.isOpen()) {
                    one.setDimValue(dimension.size());
                } else if (!dimension.symbol().isEmpty()) {
                    one.setDimParam(dimension.symbol());
                }
            }
            tensor.setShape(proto);
        }
        return info.setType(TypeProto.newBuilder().setTensorType(tensor)).build();
    }
}
