namespace Sandbox.Images;

/// <summary>The files that an image travels in.</summary>
internal interface IImageSource : IDisposable
{
    /// <summary>Where it is on the host.</summary>
    ImageOrigin Origin { get; }

    /// <summary>A file of it to read and seek in, or null if there is none of this name.</summary>
    /// <exception cref="InvalidImageException">The name is not that of a plain file inside.</exception>
    Stream? Open(string name);
}
