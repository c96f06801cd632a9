# punctual_embed(target name dir pattern): the files of a folder as constants in the program.
# Gives generated/embedded/<name>.hpp with punctual::embedded::<name>(), sorted by path.

function(punctual_embed target name dir pattern)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${dir} ${dir}/${pattern})
  list(SORT files)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/generated/embedded)
  set(inputs ${files})
  list(TRANSFORM inputs PREPEND ${dir}/)
  add_custom_command(
    OUTPUT ${out}/${name}.cpp ${out}/${name}.hpp
    COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DDIR=${dir} "-DFILES=${files}" -DOUT=${out}
            -P ${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake
    DEPENDS ${inputs} ${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake
    COMMENT "Embedding ${name}" VERBATIM)
  target_sources(${target} PRIVATE ${out}/${name}.cpp)
endfunction()
