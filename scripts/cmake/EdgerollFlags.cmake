# Warnings, hardening and sanitizers for project code. Third-party headers are SYSTEM includes.
add_library(edgeroll_flags INTERFACE)
target_include_directories(edgeroll_flags INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(edgeroll_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
    -Wimplicit-fallthrough -Werror -fstack-protector-strong)
# Unity builds: a local may share a name with another file's declaration, and types of unnamed
# namespaces outside the main file are fine.
option(EDGEROLL_UNITY "Compile several files of a folder as one" OFF)
if(EDGEROLL_UNITY)
    target_compile_options(edgeroll_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local;-Wno-subobject-linkage>)
else()
    target_compile_options(edgeroll_flags INTERFACE -Wshadow)
endif()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_compile_options(edgeroll_flags INTERFACE -fcf-protection)
endif()
target_compile_definitions(edgeroll_flags INTERFACE _GLIBCXX_ASSERTIONS)
target_link_options(edgeroll_flags INTERFACE -Wl,-z,relro,-z,now)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_definitions(edgeroll_flags INTERFACE _FORTIFY_SOURCE=2)
    # g++ 12 raises both falsely when it inlines coroutine frames and std::optional.
    target_compile_options(edgeroll_flags INTERFACE
        $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete;-Wno-maybe-uninitialized>)
endif()

# Asio and Beast are compiled once (tls/rt/asio_impl.cpp). These definitions must be identical in
# every translation unit that includes Asio, so they belong to the one target that gives access to
# it.
add_library(edgeroll_boost INTERFACE)
target_link_libraries(edgeroll_boost INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(edgeroll_boost INTERFACE
    BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)

if(EDGEROLL_SANITIZE)
    add_compile_options(-fsanitize=${EDGEROLL_SANITIZE} -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${EDGEROLL_SANITIZE})
    if(EDGEROLL_SANITIZE MATCHES "undefined")
        add_compile_options(-fno-sanitize-recover=undefined)
        # A fifth of the build's time for checks at every use of a pointer: a null one faults anyway,
        # and x86-64 and AArch64 read misaligned integers.
        add_compile_options(-fno-sanitize=null,alignment)
        # clang 14 cannot assemble this check for coroutines.
        add_compile_options($<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=function>)
    endif()
    if(EDGEROLL_SANITIZE MATCHES "thread")
        add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
    endif()
    # Recycled coroutine frames would hide a use after free from the sanitizers.
    target_compile_definitions(edgeroll_boost INTERFACE BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING)
endif()

if(EDGEROLL_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
    add_link_options(-fuse-ld=mold)
endif()

# edgeroll_join(TARGET): with EDGEROLL_UNITY, compiles its files in groups, so that headers and
# their inline functions are compiled once per group (groups of 8 took a fifth more). Names of
# unnamed namespaces must be unique within a group. Larger groups keep only one core busy.
function(edgeroll_join target)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ${EDGEROLL_UNITY} UNITY_BUILD_BATCH_SIZE 16)
endfunction()

# edgeroll_library(NAME DEPS...): a static library of every .cpp in the calling folder.
function(edgeroll_library name)
    file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
    list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC edgeroll_flags ${ARGN})
    edgeroll_join(${name})
endfunction()
