import onnxProto, { type onnx as OnnxTypes } from 'onnx-proto';

/** A tensor of doubles by name; a dimension is a number or, where it varies from run to run, a name. */
export type GraphTensor = { readonly name: string; readonly shape: readonly (string | number)[] };

export type GraphNode = {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, number>>;
};

/** A small graph over doubles. Weights are inputs, so that one session serves every model of the shape. */
export type Graph = {
  readonly name: string;
  readonly inputs: readonly GraphTensor[];
  readonly nodes: readonly GraphNode[];
  readonly outputs: readonly GraphTensor[];
};

// a CommonJS module whose names Node cannot see
const { onnx } = onnxProto;

const operatorSet = 15;

/** The graph as the bytes of an ONNX ModelProto; attributes are integers. */
export function encodeGraph(graph: Graph): Uint8Array {
  const model = onnx.ModelProto.create({
    irVersion: onnx.Version.IR_VERSION,
    producerName: 'everview',
    opsetImport: [{ domain: '', version: operatorSet }],
    graph: {
      name: graph.name,
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo),
      node: graph.nodes.map((node) => ({
        opType: node.operator,
        input: [...node.inputs],
        output: [...node.outputs],
        attribute: Object.entries(node.attributes ?? {}).map(([name, i]) => ({
          name,
          type: onnx.AttributeProto.AttributeType.INT,
          i,
        })),
      })),
    },
  });
  return onnx.ModelProto.encode(model).finish();
}

function valueInfo(tensor: GraphTensor): OnnxTypes.IValueInfoProto {
  const dim = tensor.shape.map((size) =>
    typeof size === 'string' ? { dimParam: size } : { dimValue: size },
  );
  return {
    name: tensor.name,
    type: { tensorType: { elemType: onnx.TensorProto.DataType.DOUBLE, shape: { dim } } },
  };
}
