"""The one reader of OpenAPI 3.0, 3.1 and 3.2, JSON and YAML 1.2.

    document        load_document: a file or URL and what it refers to; Operation, Router and the
                    rest of what most callers need are to be had from there, too
    references      Document, Located: places, JSON pointers, `$ref`
    operations      operations(), Operation, Parameter
    routing         Router: which operation a request means
    media_types     covers(), matching(), acceptable(), is_json()
    responses       matching_status(), ResponseValidator: what an answer breaks
    validation      SchemaValidator: values against schemas, errors with their places
    schema_variants SchemaVariants, Properties: what a schema allows, taken apart
    parameter_styles  ParameterReader: texts of parameters and headers as values

It imports no other part of the kit, but the errors.
"""
