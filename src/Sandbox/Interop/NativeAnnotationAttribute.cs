using System.Diagnostics;

namespace Sandbox.Interop.Generated;

/// <summary>A C annotation of a generated member; ClangSharp leaves this attribute to us.</summary>
[AttributeUsage(AttributeTargets.All)]
[Conditional("DEBUG")]
internal sealed class NativeAnnotationAttribute(string annotation) : Attribute
{
    public string Annotation { get; } = annotation;
}

/// <summary>The C type of a generated member; ClangSharp leaves this attribute to us.</summary>
[AttributeUsage(AttributeTargets.All)]
[Conditional("DEBUG")]
internal sealed class NativeTypeNameAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
