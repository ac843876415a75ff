import onnxProto, { type onnx as OnnxTypes } from 'onnx-proto';

export type TensorType = 'double' | 'float' | 'int64' | 'bool' | 'string';

/** A tensor by name; a dimension is a number or, where it varies from run to run, a name. */
export type GraphTensor = {
  readonly name: string;
  readonly shape: readonly (string | number)[];
  /** `double` unless told. */
  readonly type?: TensorType;
  /** For whoever reads the file. */
  readonly meaning?: string;
};

/** A tensor that the file holds. */
export type GraphConstant = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float64Array | BigInt64Array | readonly string[];
};

/** Numbers must be integers. */
export type GraphAttribute = number | readonly number[] | readonly string[];

export type GraphNode = {
  readonly operator: string;
  /** `ml`: the operator is of `ai.onnx.ml`. */
  readonly domain?: 'ml';
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, GraphAttribute>>;
};

/** A computation over tensors. Where weights are inputs, one session serves every model of the shape. */
export type Graph = {
  readonly name: string;
  readonly inputs: readonly GraphTensor[];
  readonly constants?: readonly GraphConstant[];
  readonly nodes: readonly GraphNode[];
  readonly outputs: readonly GraphTensor[];
};

/** What a file tells of itself. */
export type GraphDescription = {
  readonly version: number;
  readonly meaning: string;
  readonly properties: Readonly<Record<string, string>>;
};

// a CommonJS module whose names Node cannot see
const { onnx } = onnxProto;

const operatorSet = 15;
const mlDomain = 'ai.onnx.ml';
const mlOperatorSet = 2;

const dataTypes: Readonly<Record<TensorType, number>> = {
  double: onnx.TensorProto.DataType.DOUBLE,
  float: onnx.TensorProto.DataType.FLOAT,
  int64: onnx.TensorProto.DataType.INT64,
  bool: onnx.TensorProto.DataType.BOOL,
  string: onnx.TensorProto.DataType.STRING,
};

/** What the attribute `to` of a Cast says. */
export function castTarget(type: TensorType): number {
  return dataTypes[type];
}

/** The graph as the bytes of an ONNX ModelProto: the same graph always gives the same bytes. */
export function encodeGraph(graph: Graph, description: GraphDescription | null = null): Uint8Array {
  const usesMl = graph.nodes.some(({ domain }) => domain === 'ml');
  const model = onnx.ModelProto.create({
    irVersion: onnx.Version.IR_VERSION,
    producerName: 'everview',
    opsetImport: [
      { domain: '', version: operatorSet },
      ...(usesMl ? [{ domain: mlDomain, version: mlOperatorSet }] : []),
    ],
    ...(description === null ? {} : described(description)),
    graph: {
      name: graph.name,
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo),
      initializer: (graph.constants ?? []).map(tensor),
      node: graph.nodes.map((node) => ({
        opType: node.operator,
        ...(node.domain === 'ml' ? { domain: mlDomain } : {}),
        input: [...node.inputs],
        output: [...node.outputs],
        attribute: Object.entries(node.attributes ?? {}).map(([name, value]) => attribute(name, value)),
      })),
    },
  });
  return onnx.ModelProto.encode(model).finish();
}

function described({ version, meaning, properties }: GraphDescription): OnnxTypes.IModelProto {
  return {
    modelVersion: version,
    docString: meaning,
    metadataProps: Object.entries(properties).map(([key, value]) => ({ key, value })),
  };
}

function valueInfo(info: GraphTensor): OnnxTypes.IValueInfoProto {
  const dim = info.shape.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }));
  return {
    name: info.name,
    type: { tensorType: { elemType: dataTypes[info.type ?? 'double'], shape: { dim } } },
    ...(info.meaning === undefined ? {} : { docString: info.meaning }),
  };
}

function tensor({ name, shape, values }: GraphConstant): OnnxTypes.ITensorProto {
  const dims = [...shape];
  if (values instanceof Float64Array)
    return { name, dims, dataType: dataTypes.double, rawData: littleEndian(values) };
  if (values instanceof BigInt64Array)
    return { name, dims, dataType: dataTypes.int64, rawData: littleEndian(values) };
  return { name, dims, dataType: dataTypes.string, stringData: values.map(utf8) };
}

function littleEndian(values: Float64Array | BigInt64Array): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(values.byteLength));
  values.forEach((value: number | bigint, index: number) => {
    if (typeof value === 'bigint') bytes.setBigInt64(index * 8, value, true);
    else bytes.setFloat64(index * 8, value, true);
  });
  return new Uint8Array(bytes.buffer);
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function attribute(name: string, value: GraphAttribute): OnnxTypes.IAttributeProto {
  const { INT, INTS, STRINGS } = onnx.AttributeProto.AttributeType;
  if (typeof value === 'number') return { name, type: INT, i: value };
  const texts = value.filter((one) => typeof one === 'string');
  if (texts.length > 0) return { name, type: STRINGS, strings: texts.map(utf8) };
  return { name, type: INTS, ints: value.filter((one) => typeof one === 'number') };
}
